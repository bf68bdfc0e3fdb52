import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var A="sluice";export{A as a};
