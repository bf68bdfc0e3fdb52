import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-OQF3I2ZL.js";import"./chunk-3D3VRMM5.js";import"./chunk-K4EEYYEX.js";import"./chunk-IE7S5OL5.js";import"./chunk-NOMUTO7F.js";import"./chunk-BBIZGGQM.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as clean,b as upkeepOf};
