import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-FDH6FNG4.js";import"./chunk-5XXFR2IT.js";import"./chunk-D5X673HY.js";export{a as stacksFileSchema};
