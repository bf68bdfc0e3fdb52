import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{B as m,Z as o,n as t,o as e}from"./chunk-URCHTKHR.js";var r=class extends t(e,m,"PutObject",o){};export{r as a};
